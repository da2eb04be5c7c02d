"""Side-by-side timings: two ways of doing the same work, in alternation, and their ratio."""

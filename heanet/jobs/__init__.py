"""Trainings that go on whoever watches them: launched, in line, running, stopped, finished."""

"""From files to element graphs: structures, labels, data sets, splits, references."""

"""mixeff and its peers, side by side, on the same data: `python -m benchmarks --help`."""

"""What one GPU does with this toolkit, in eight minutes, without a network: see `python -m benchmarks.gpu --help`."""

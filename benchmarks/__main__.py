"""`make bench`: every benchmark, or those named on the command line."""

import sys
from importlib import import_module

BENCHMARKS = ["near_duplicates", "near_growth", "guard", "language", "clean_steps", "serve_throughput"]

for name in sys.argv[1:] or BENCHMARKS:
    import_module(f"benchmarks.{name}").main()

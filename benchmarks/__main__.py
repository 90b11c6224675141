"""`make bench`: the benchmarks that take minutes, or those named on the command line.

By name only, for they take longer or want data: collect_memory, run_104k, annotate, annotate_page, annotate_way, judges,
reward_crossval, ppo_vs_trl, model_memory, quantization, bilingual_and_clean, label_agreement, weights_in_parts, workers,
clean_growth, soak, killed_chain, competitors, learning, gguf_files, training_memory.
"""

import sys
from importlib import import_module

BENCHMARKS = ["near_duplicates", "near_growth", "near_requests", "contamination", "clean_readings", "rule_readings",
              "clean_peers", "language", "language_filter", "clean_steps", "endpoint_overhead", "local_speed",
              "sft_throughput", "reward_rankings", "serve_throughput"]

for name in sys.argv[1:] or BENCHMARKS:
    import_module(f"benchmarks.{name}").main()

"""The benchmarks: each folder here is one, started by `tasks.py bench NAME --json FILE`."""

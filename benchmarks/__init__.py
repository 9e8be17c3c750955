"""Side-by-side measurements of the engine; `python -m benchmarks.bench` proves the speed floors."""

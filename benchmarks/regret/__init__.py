"""How good are suggested learning rates? Regret against grids of real trainings.

`python -m benchmarks.regret` prints the table from the stored curves and trainings, in seconds.
`python -m benchmarks.regret truth` and `... sweeps` make those again, in about an hour of one core.
"""

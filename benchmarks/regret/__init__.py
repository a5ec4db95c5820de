"""How good are suggested learning rates? Regret against grids of real trainings.

`python -m benchmarks.regret` prints the table from the stored curves and trainings, in seconds,
`... held-out` those of the tasks that no choice has seen. `... truth`, `... sweeps` and
`... search` make what is stored again, in about two hours of one core; `... --quick` the line of
the default rule, in minutes.
"""

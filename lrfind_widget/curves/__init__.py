"""The arithmetic of a range test: schedules, smoothing, the stop rule, notation. numpy only."""

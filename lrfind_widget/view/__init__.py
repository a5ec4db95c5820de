"""The half that shows: chart, controls and what is said. Knows nothing of torch."""

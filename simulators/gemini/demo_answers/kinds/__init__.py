"""Answers composed by kind: programs, figures and comparisons, short texts, everything else."""

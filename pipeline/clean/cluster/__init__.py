"""Clusters: the same tasks by Slurm's job arrays or by Ray, instead of processes of this machine."""

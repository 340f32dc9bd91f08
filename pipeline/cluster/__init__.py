"""Clusters: the tasks of data stages by Slurm's job arrays or by Ray, instead of processes of this machine."""

"""A whole recipe as a chain of Slurm jobs: which stages form a job, its script, and its submission."""

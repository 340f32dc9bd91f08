"""Mixture methods: what share of each slice the next round should hold."""

"""Headwater's stages: they make things happen once and write down what they did."""

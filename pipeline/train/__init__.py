"""Training: megatron-core as a library, driven by our own loop; no other package imports megatron."""

"""The first recipe of a user: written from a folder of text and a checkpoint, or copied from a shipped one."""

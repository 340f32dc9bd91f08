"""Kinds of personal data: a function each, from a text, a placeholder and a profile to the masked text and a count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from pipeline.clean.personal.email import mask_emails
from pipeline.clean.personal.id_number import mask_id_numbers
from pipeline.clean.personal.ip_address import mask_ip_addresses
from pipeline.clean.personal.phone import mask_phones

Kind = Literal["email", "ip_address", "phone", "id_number"]
KINDS: Mapping[Kind, Callable[[str, str, str], tuple[str, int]]] = {
    "email": mask_emails,
    "ip_address": mask_ip_addresses,
    "phone": mask_phones,
    "id_number": mask_id_numbers,
}

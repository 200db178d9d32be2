"""Somebody new, as most tests of `flowops users add` ask for her."""

from __future__ import annotations

from dataclasses import replace

from flowops.model.user_requests import AddRequest

SERIAL = "arn:aws:iam::111111111111:mfa/flowable/jane"
JANE = AddRequest("jane", ("dev_dev_ops_admin", "prod_dev_ops_admin"), seed_file="/new/seed")
WRITTEN = replace(JANE, write_profile=True)

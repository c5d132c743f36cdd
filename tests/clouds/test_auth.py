"""Logins say one account in full, or are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from comity.clouds import AssumedRole, AwsLogin, EntraLogin, GoogleLogin

_ROLE = "arn:aws:iam::123456789012:role/r"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: AwsLogin("profile"), "names the profile"),
        (lambda: AwsLogin("chain", "p"), "only of that"),
        (lambda: AssumedRole("comity"), "`role` must be like"),
        (lambda: AssumedRole(_ROLE, "a b"), "`session` must be"),
        (lambda: AssumedRole(_ROLE, seconds=60), "900 to 43200"),
        (lambda: AssumedRole(_ROLE, tags={"comity-book": "a|b"}), "session tags"),
        (lambda: AssumedRole(_ROLE, tags={str(k): "v" for k in range(51)}), "at most 50"),
        (lambda: EntraLogin("client-secret", "t", "c"), "needs `client_secret`"),
        (lambda: EntraLogin("workload-identity", "t", "c"), "needs `token_file`"),
        (lambda: EntraLogin("workload-identity", token_file="/f"), "needs `tenant_id`"),
        (lambda: EntraLogin("managed-identity", "t"), "`tenant_id` means nothing"),
        (lambda: EntraLogin("managed-identity", client_secret="env:S"), "`client_secret` means nothing"),
        (lambda: EntraLogin("client-secret", "t", "c", "env:S", "/f"), "`token_file` means nothing"),
        (lambda: GoogleLogin("service-account"), "`file` belongs to"),
        (lambda: GoogleLogin("metadata", "/f"), "`file` belongs to"),
        (lambda: GoogleLogin("default", "/f"), "`file` belongs to"),
    ],
)
def test_t35_a_login_that_is_not_clear_is_refused(make: Callable[[], Any], said: str) -> None:
    """T35: nothing is left to be found out elsewhere, and nothing is said in vain."""
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize("client_id", [None, "c"])
def test_a_managed_identity_may_be_the_machines_own(client_id: str | None) -> None:
    """With a client id it is the user-assigned identity, without one the system's."""
    assert EntraLogin("managed-identity", client_id=client_id).client_id == client_id

"""Notes and keys as C2SP signed-note, tlog-checkpoint and tlog-cosignature have them."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from comity.proof import Signer, new_key
from comity.proof.verify import open_note, read_head

SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNATURE = (
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
"""The key and the note in the documentation of golang.org/x/mod/sumdb/note, where the format is from."""
SUM_DB = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
"""The verifier key of Go's checksum database; its base64 holds plus signs."""
CHECKPOINT = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
"""The example of tlog-cosignature; its keys are not published, so it can be read and not verified."""
OWN = Signer(new_key("log.example/one", bytes(range(32))))


def test_the_reference_note_is_made_and_opened() -> None:
    """Ed25519 is deterministic: the same key signs the same text with the same bytes."""
    signer = Signer(SKEY)
    assert signer.verifier == VKEY
    assert signer.sign(TEXT) == f"{TEXT}\n{SIGNATURE}"
    assert open_note(f"{TEXT}\n{SIGNATURE}", [VKEY]) == TEXT


def test_a_key_says_its_own_id() -> None:
    """The id is the hash of name, type and key; any other text is no key."""
    with pytest.raises(ValueError, match="has not signed this"):
        open_note(f"{TEXT}\n{SIGNATURE}", [SUM_DB])
    for wrong in ("", "name", VKEY[:-1] + "X", VKEY.replace("c74f", "c74e"), "x" + VKEY, SUM_DB[1:]):
        with pytest.raises(ValueError, match=r"is no verifier key|padding|base64"):
            open_note(f"{TEXT}\n{SIGNATURE}", [wrong])


def test_a_new_key_signs_under_its_name() -> None:
    """Whoever has the verifier key opens what the signer key signed."""
    signer = Signer(new_key("log.example/two"))
    assert signer.name == "log.example/two"
    assert open_note(signer.sign("a\n\nb\n"), [signer.verifier]) == "a\n\nb\n"
    with pytest.raises(ValueError, match=r"signature of `log.example/two` is wrong"):
        open_note(signer.sign("a\n").replace("a\n", "b\n", 1), [signer.verifier])


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "a\nb"])
def test_a_name_that_cannot_stand_in_a_note_is_refused(name: str) -> None:
    """A name has no spaces and no plus signs."""
    with pytest.raises(ValueError, match="has no spaces"):
        new_key(name)


@pytest.mark.parametrize(
    "skey",
    ["", VKEY, SKEY[:-4], SKEY.replace("+AY", "+AA"), SKEY.replace("c74f20a3", "c74f20a4"), f"x{SKEY}"],
)
def test_a_wrong_signer_key_is_refused_without_repeating_it(skey: str) -> None:
    """The message never holds the key."""
    with pytest.raises(ValueError, match=r"a signer key is|id of another key") as caught:
        Signer(skey)
    assert "AYEKFALV" not in str(caught.value)


@pytest.mark.parametrize(
    "note",
    [
        "",
        TEXT,
        f"{TEXT}\n",
        f"{TEXT}{SIGNATURE}",
        f"{TEXT}\n{SIGNATURE[:-1]}",
        f"{TEXT}\n{SIGNATURE}{SIGNATURE[:20]}\n",
        f"{TEXT}\n-{SIGNATURE[1:]}",
        f"{TEXT}\t\n\n{SIGNATURE}",
        f"{TEXT}\n{SIGNATURE}junk",
        f"{TEXT}\n{SIGNATURE.replace(' x08', '  x08')}",
    ],
)
def test_what_is_no_note_is_refused(note: str) -> None:
    """Control characters, a missing blank line, a cut signature: none is a signed note."""
    with pytest.raises(ValueError, match=r"no signed note|padding|base64"):
        open_note(note, [VKEY])


def test_every_byte_of_a_note_counts() -> None:
    """No other text carries the signature."""
    note = OWN.sign("origin\n3\n" + base64.b64encode(bytes(32)).decode() + "\n")
    for place in range(note.index("\n\n")):
        changed = note[:place] + chr(ord(note[place]) ^ 1) + note[place + 1 :]
        with pytest.raises(ValueError, match=r"is wrong|no signed note"):
            open_note(changed, [OWN.verifier])


def test_signatures_of_others_are_passed_over() -> None:
    """A note may carry signatures of keys that one does not know; those asked for must all be there."""
    other = Signer(new_key("log.example/one", bytes(32)))
    signed = OWN.sign("text\n") + other.sign("text\n").partition("\n\n")[2]
    assert open_note(signed, [OWN.verifier]) == open_note(signed, [other.verifier, OWN.verifier]) == "text\n"
    with pytest.raises(ValueError, match="`PeterNeumann` has not signed"):
        open_note(signed, [OWN.verifier, VKEY])


def test_a_witness_is_verified_with_its_time() -> None:
    """A cosignature signs the checkpoint under a header with its moment: tlog-cosignature."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = b"\x04" + key.public_key().public_bytes_raw()
    hashed = hashlib.sha256(b"witness.example/w\n" + public).digest()[:4]
    vkey = f"witness.example/w+{hashed.hex()}+{base64.b64encode(public).decode()}"
    text = "log.example/one\n0\n" + base64.b64encode(hashlib.sha256().digest()).decode() + "\n"
    raw = key.sign(f"cosignature/v1\ntime 1679315147\n{text}".encode())
    for at, fits in ((1679315147, True), (1679315148, False)):
        line = base64.b64encode(hashed + at.to_bytes(8, "big") + raw).decode()
        note = f"{OWN.sign(text)}— witness.example/w {line}\n"
        if fits:
            assert open_note(note, [OWN.verifier, vkey]) == text
        else:
            with pytest.raises(ValueError, match=r"signature of `witness.example/w` is wrong"):
                open_note(note, [OWN.verifier, vkey])


def test_the_checkpoint_of_the_specification_is_read() -> None:
    """Origin, size and root stand in the first three lines."""
    head = read_head(open_note(CHECKPOINT, []))
    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20852163)
    assert base64.b64encode(head.root).decode() == "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    for wrong in ("\n1\nAA==\n", "log\n01\nAA==\n", "log\n-1\nAA==\n", "log\n\nAA==\n", "log\n1"):
        with pytest.raises(ValueError, match=r"no checkpoint|not enough values"):
            read_head(wrong)

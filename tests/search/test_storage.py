"""A URL names a storage, or is refused in one line; a password is in none."""

import socket
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from search.errors import FailedError, UsageError
from search.mirror import Mirror
from search.storage import reason, shown
from tests.search.storages import PASSWORD, Postgres
from tests.search.test_mirror import MINIMIZE, Source


def test_a_file_stays_where_it_was_when_the_driver_goes_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    source = Source()
    source.ask()
    for url in ("sqlite:///x.db", "x.log"):
        mirror = Mirror(url, "run", MINIMIZE)
        monkeypatch.chdir(tmp_path / "elsewhere")
        mirror.sync(source.trial(0), "0")
        assert mirror.close() == 0
        monkeypatch.chdir(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "x.db", "x.log"]
    assert not list((tmp_path / "elsewhere").iterdir())


FORMS = "write sqlite:///FILE.db, postgresql://USER@HOST/NAME, mysql://USER@HOST/NAME or a journal, FILE.log"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("x.db", f"'x.db' is no storage; {FORMS}"),
        ("", f"'' is no storage; {FORMS}"),
        ("mongo://a:b@c/d", f"'mongo://a:***@c/d' is no storage; {FORMS}"),
        ("://", f"'://' is no storage; {FORMS}"),
        ("postgresql://user:secret/name", f"'postgresql://user:***/name' is no storage; {FORMS}"),
        ("postgresql://u:a@b@h/d", "'postgresql://u:***@h/d' has two @; within a user's name or a password write %40"),
        ("sqlite://", "'sqlite://' is in memory, where no dashboard finds it; write sqlite:///FILE.db"),
        ("sqlite:///:memory:", "'sqlite:///:memory:' is in memory, where no dashboard finds it; write sqlite:///FILE.db"),
    ],
)  # fmt: skip
def test_what_names_no_storage_is_a_word_that_is_wrong(words: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        Mirror(words, "run", MINIMIZE)
    assert str(raised.value) == f"--storage: {said}"


REFUSED = 'connection failed: connection to server at "127.0.0.1", port 1 failed: Connection refused'


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("sqlite:////nowhere/x.db", "'sqlite:////nowhere/x.db' cannot be opened (unable to open database file)"),
        ("/nowhere/x.log", "'/nowhere/x.log' cannot be opened ([Errno 2] No such file or directory: '/nowhere/x.log')"),
        (
            "postgresql://u:secret@127.0.0.1:1/x",
            f"'postgresql://u:***@127.0.0.1:1/x' cannot be opened ({REFUSED})",
        ),
    ],
)
def test_where_no_storage_is_nothing_is_trained(words: str, said: str) -> None:
    with pytest.raises(FailedError) as raised:
        Mirror(words, "run", MINIMIZE)
    assert str(raised.value) == f"--storage: {said}; nothing was trained"


def test_a_wrong_password_is_not_repeated(server: Postgres) -> None:
    with pytest.raises(FailedError, match="password authentication failed for user") as raised:
        Mirror(server.url.replace(PASSWORD, "wr0ng"), "run", MINIMIZE)
    assert "wr0ng" not in str(raised.value)


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(FailedError, match=r"needs a driver that is not installed .*psycopg.*explorer\[storage\]$"):
        Mirror("postgresql+psycopg://u@127.0.0.1/x", "run", MINIMIZE)


def test_what_takes_connections_and_says_nothing_is_given_up_in_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.mirror.ANSWER", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://u:secret@127.0.0.1:{silent.getsockname()[1]}/x"
        with pytest.raises(FailedError, match=r"does not answer in 0\.5 seconds; nothing was trained") as raised:
            Mirror(url, "run", MINIMIZE)
        silent.accept()[0].close()
    assert "secret" not in str(raised.value)


def test_a_text_is_no_journal(tmp_path: Path) -> None:
    path = tmp_path / "notes.log"
    path.write_text("dear diary\nit rained\n")
    with pytest.raises(FailedError, match=r"notes.log' cannot be opened \(Expecting value"):
        Mirror(str(path), "run", MINIMIZE)
    assert path.read_text() == "dear diary\nit rained\n"


SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="@&/?"), min_size=12).map(
    "p{}".format
)


@given(SECRETS, st.sampled_from(["x://u:{}@h:1/d", "x://:{}@h", "x://h/d?user=u&password={}", "x://u:{}/d"]))
def test_no_password_is_shown(secret: str, template: str) -> None:
    for url in (template.format(secret), template.format(quote(secret))):
        assert secret not in shown(url)
        assert quote(secret) not in shown(url)
        assert secret not in reason(ValueError(f"no such word: {secret}"), url)

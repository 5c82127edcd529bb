"""Assignment from the delivered config: the same answers, fresh ones soon, and some also while the service is away."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from hosting import CHECKOUT, TOKEN, running
from starlette.requests import Request
from starlette.responses import Response

import expkit
from expkit.assign.dialects.signature import new_key, public_key, sign
from expkit.client import LocalAssigner, LocalWorkbench
from expkit.errors import InvalidInput, Unauthenticated, Unreachable
from expkit.service import create_app
from expkit.settings import Settings
from expkit.workbench import Workbench

NOWHERE = "http://127.0.0.1:9"


def eventually(met: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Whether it comes true; on a slow machine after a while."""
    end = time.monotonic() + seconds
    while not met():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def near(tmp_path: Path) -> Iterator[Workbench]:
    settings = Settings.read(tmp_path / "home").with_(token=TOKEN, actor="ann", database_url="", client_keys="sdk")
    with Workbench.open(settings) as opened:
        opened.create(CHECKOUT)
        opened.start("checkout")
        yield opened


@pytest.fixture
def address(near: Workbench) -> Iterator[str]:
    with running(create_app(near)) as url:
        yield url


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "expkit"


def test_it_answers_as_the_workbench_does(near: Workbench, address: str) -> None:
    """Every field of the answer, for users, sessions, nobody and strange ids."""
    with LocalAssigner(address, "sdk", updates="none") as local:
        for number in range(200):
            asked = {"user_id": f"ü{number}" if number % 3 else None, "session_id": f"s{number}"}
            assert local.assign(**asked, experiment="checkout") == near.assign(**asked, experiment="checkout")
        assert local.assign(experiment="checkout") == near.assign(experiment="checkout")
        assert local.assign(user_id="u1") == near.assign(user_id="u1")
        assert local.assign_all(user_id="u1") == near.assign_all(user_id="u1")
        with pytest.raises(InvalidInput, match="too long"):
            local.assign(user_id="x" * 1_000_000, experiment="checkout")


def test_it_answers_alike_in_every_state(near: Workbench, address: str) -> None:
    """A draft, a paused, a stopped and a rolled out experiment: reasons and params are the workbench's."""
    with LocalAssigner(address, TOKEN, updates="none") as local:
        near.create({**CHECKOUT, "key": "draft", "eligibility": {"secret": "plan"}})
        for move in (near.pause, near.stop, near.conclude, near.promote, near.finish):
            move("checkout", reason="enough")
            assert local.refresh()
            for key in ("checkout", "draft"):
                assert local.assign(user_id="u1", experiment=key) == near.assign(user_id="u1", experiment=key)
    assert "secret" not in near.config().body.decode()


def test_overrides_hold_here_too_and_their_codes_stay_secret(near: Workbench, address: str) -> None:
    """A link with the code forces its variant; the config does not tell the code."""
    made = near.override("checkout", "treatment", hours=1, reason="QA")
    near.override("checkout", "control", user_id="ann", hours=1)
    url = f"https://shop.example/?expkit={made.code}"
    with LocalAssigner(address, TOKEN, updates="none") as local:
        for asked in ({"user_id": "bob", "url": url}, {"user_id": "ann"}, {"user_id": "bob"}):
            assert local.assign(**asked, experiment="checkout") == near.assign(**asked, experiment="checkout")
        assert local.assign(user_id="bob", url=url, experiment="checkout").variant == "treatment"
    assert made.code not in near.config().body.decode()


@pytest.mark.parametrize("updates", ["poll", "stream"])
def test_changes_arrive_by_themselves(near: Workbench, address: str, updates: str) -> None:
    """A pause reaches the client without anybody asking for it."""
    with LocalAssigner(address, TOKEN, updates=updates, every=0.1) as local:
        before = local.standing.revision
        near.pause("checkout")
        assert eventually(lambda: local.assign(user_id="u1", experiment="checkout").rule == "state")
        assert local.standing.revision > before
        assert not local.standing.fault


def test_it_goes_on_while_the_service_is_away_and_after_a_restart(near: Workbench) -> None:
    """The last good config answers; the standing says that it is old, and why."""
    with running(create_app(near)) as url:
        local = LocalAssigner(url, TOKEN, updates="poll", every=0.05)
    answer = near.assign(user_id="u1", experiment="checkout")
    assert eventually(lambda: local.standing.stale and "Nobody answers" in local.standing.fault)
    assert local.assign(user_id="u1", experiment="checkout") == answer
    local.close()
    with LocalAssigner(url, TOKEN, updates="none") as again:
        assert again.standing.source == "disk"
        assert again.assign(user_id="u1", experiment="checkout") == answer


@pytest.mark.parametrize("updates", ["poll", "stream"])
def test_it_hears_of_the_service_again_once_that_is_back(near: Workbench, updates: str) -> None:
    """A restart of the service needs none of its clients; what was changed meanwhile holds."""
    with running(create_app(near)) as url:
        local = LocalAssigner(url, TOKEN, updates=updates, every=0.1)
    assert eventually(lambda: bool(local.standing.fault))
    near.pause("checkout")
    assert local.assign(user_id="u1", experiment="checkout").rule == "allocation"
    with running(create_app(near), int(url.rpartition(":")[2])), local:
        assert eventually(lambda: local.assign(user_id="u1", experiment="checkout").rule == "state")
        assert eventually(lambda: not local.standing.fault and not local.standing.stale)


def test_without_service_and_cache_it_says_so(address: str) -> None:
    """An error at once, not a silent control; a wrong token is told as such."""
    with pytest.raises(Unreachable, match="Nobody answers"):
        LocalAssigner(NOWHERE, TOKEN)
    with pytest.raises(Unauthenticated):
        LocalAssigner(address, "wrong")
    with pytest.raises(InvalidInput, match="'poll', 'stream' or 'none'"):
        LocalAssigner(address, TOKEN, updates="often")  # type: ignore[arg-type]


@pytest.mark.parametrize("change", ["body", "signature", "public_key", "torn"])
def test_what_was_tampered_with_on_disk_is_not_believed(address: str, cache: Path, change: str) -> None:
    """A changed config, a wrong signature, half a file: as if there were none."""
    LocalAssigner(address, TOKEN, updates="none").close()
    (file,) = cache.iterdir()
    known = json.loads(file.read_text())
    known["body"] = known["body"].replace('"treatment"', '"control_"') if change == "body" else known["body"]
    if change in {"signature", "public_key"}:
        known[change] = "AAAA" + known[change][4:]
    file.write_text(file.read_text()[:100] if change == "torn" else json.dumps(known))
    moved = file.with_name(_name_of(NOWHERE, cache))
    file.rename(moved)
    with pytest.raises(Unreachable):
        LocalAssigner(NOWHERE, TOKEN, updates="none")


def test_another_signing_key_is_refused(near: Workbench, address: str, tmp_path: Path) -> None:
    """Whoever stands in for the service cannot change what is answered."""
    key = near.config().public_key
    with LocalAssigner(address, TOKEN, updates="none", public_key=key) as local:
        (near.settings.home / "signing.key").unlink()
        near.pause("checkout")
        with pytest.raises(InvalidInput, match="another key"):
            local.refresh()
        assert local.assign(user_id="u1", experiment="checkout").variant is not None
        assert "another key" in local.standing.fault


@pytest.mark.parametrize("pinned", [True, False])
def test_a_new_signing_key_that_the_old_one_vouches_for_is_believed(
    near: Workbench, address: str, pinned: bool
) -> None:
    """Rotation: the new key goes before the old one; the client follows, and then believes the new one alone."""
    file = near.settings.home / "signing.key"
    first = near.config().public_key
    with LocalAssigner(address, TOKEN, updates="none", public_key=first if pinned else "") as local:
        file.write_text(f"{new_key()}\n{file.read_text()}")
        near.pause("checkout")
        assert local.refresh()
        assert near.config().public_key != first
        assert local.assign(user_id="u1", experiment="checkout").rule == "state"
    with LocalAssigner(address, TOKEN, updates="none", public_key=first if pinned else "") as again:
        file.write_text(file.read_text().splitlines()[1])  # back to the old one, for which nobody vouches
        near.resume("checkout")
        if pinned:
            assert again.refresh()
        else:
            with pytest.raises(InvalidInput, match="another key"):
                again.refresh()


@pytest.mark.parametrize("change", ["body", "signature", "unsigned", "other key"])
def test_what_was_changed_on_its_way_is_refused(near: Workbench, change: str) -> None:
    """Somebody between service and client: the config before goes on answering, and a new client gets none."""
    app, meddling = create_app(near), threading.Event()

    @app.middleware("http")
    async def between(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await go_on(request)
        if not meddling.is_set() or request.url.path != "/experiments/config" or response.status_code != 200:
            return response
        body = b"".join([part async for part in response.body_iterator])  # type: ignore[attr-defined]
        headers = {name: value for name, value in response.headers.items() if name.startswith(("expkit", "etag"))}
        if change in {"body", "other key"}:
            body = body.replace(b'"green"', b'"black"')
        if change == "signature":
            headers["expkit-signature"] = sign(new_key(), body)
        if change == "unsigned":
            headers = {"etag": headers["etag"]}
        if change == "other key":
            mine = new_key()
            headers |= {"expkit-public-key": public_key(mine), "expkit-signature": sign(mine, body)}
            headers["expkit-key-endorsements"] = f"{near.config().public_key} {sign(mine, body)}"
        return Response(body, headers=headers)

    with running(app) as url, LocalAssigner(url, TOKEN, updates="none") as local:
        answers = [local.assign(user_id=f"u{number}", experiment="checkout") for number in range(20)]
        meddling.set()
        near.traffic("checkout", coverage=0.5)
        with pytest.raises(InvalidInput, match="another key" if change in {"unsigned", "other key"} else "signature"):
            local.refresh()
        assert [local.assign(user_id=f"u{number}", experiment="checkout") for number in range(20)] == answers
        assert local.standing.fault


def test_a_workbench_can_assign_by_itself(near: Workbench) -> None:
    """`connect(local=True)`: assignment goes on without the service, the other verbs say that it is away."""
    with running(create_app(near)) as url:
        far = expkit.connect(url, TOKEN, local=True)
        assert isinstance(far, LocalWorkbench)
        assert far.get("checkout").status == "active"
    answer = near.assign(user_id="u1", experiment="checkout")
    assert far.assign(user_id="u1", experiment="checkout") == answer
    assert far.assign_all(user_id="u1") == {"checkout": answer}
    with pytest.raises(Unreachable):
        far.get("checkout")
    far.close()


def test_how_to_assign_is_said_to_who_assigns(address: str, tmp_path: Path) -> None:
    """The options of the local assigner go through `connect`; without one they are a mistake."""
    with expkit.connect(address, TOKEN, local=True, updates="none", cache=tmp_path / "here") as far:
        assert isinstance(far, LocalWorkbench)
        assert [file.suffix for file in (tmp_path / "here").iterdir()] == [".json"]
    with pytest.raises(InvalidInput, match=r"updates: only who assigns by itself.*add local=True"):
        expkit.connect(address, TOKEN, updates="none")


def test_remembered_units_are_asked_of_the_service(near: Workbench, address: str) -> None:
    """It alone knows whom it remembers."""
    near.create({**CHECKOUT, "key": "sticky", "sticky": True})
    near.start("sticky")
    had = near.assign(user_id="u1", experiment="sticky")
    row = {"event_id": "e1", "experiment": "sticky", "variant": had.variant, "user_id": "u1"}
    near.log_exposures([row])
    near.traffic("sticky", coverage=0.0)
    with LocalWorkbench(address, TOKEN, updates="none") as far:
        assert far.assign(user_id="u1", experiment="sticky").variant == had.variant
        assert far.local.assign(user_id="u1", experiment="sticky").variant is None
        assert far.assign_all(user_id="u1", experiments=["sticky"])["sticky"].variant == had.variant


def _name_of(url: str, cache: Path) -> str:
    from expkit.client.snapshots import Shelf

    return Shelf(cache, url).path.name

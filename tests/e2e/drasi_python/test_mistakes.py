"""What hosts get wrong: it is said at once, in words of Python, and the plugin does not get to see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.drasi_python import Host, Identity, Once, Sender, Store, Stream, received


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        ((1, "{}", False), "a str is needed, not int"),
        (("s", {}, False), "a str is needed, not dict"),
        ((b"s", "{}", False), "a str is needed, not bytes"),
        ((None, "{}", False), "a str is needed, not NoneType"),
        (("s", "{}", "no"), "an integer is required"),
    ],
)
def test_arguments_of_other_types(host: Host, arguments: tuple[Any, ...], needed: str) -> None:
    before = host.journal()
    with pytest.raises(TypeError, match=needed):
        host.factories["ticker"].create_source(*arguments)
    assert host.journal() == before


def test_callbacks_that_cannot_be_called(host: Host) -> None:
    registration = host.registration
    with host.source(bootstrapEvents=1) as source:
        response = received(host, source, enable_bootstrap=True)
        calls: list[Callable[[Any], object]] = [
            registration.set_log_callback,
            registration.set_lifecycle_callback,
            registration.set_config_resolver,
            lambda given: source.initialize(host.context(log_callback=given)),
            response.receiver.start_push,
            response.bootstrap_receiver.start_push,
            response.bootstrap_result_receiver.start,
        ]
        before = host.journal()
        for call in calls:
            with pytest.raises(TypeError, match="a callable is needed, not str"):
                call("print")
        assert host.journal() == before
        # Nothing was started, so that all of it still can be.
        records, changes = Stream(lambda each: each.close()), Stream(lambda each: each.close())
        outcome = Once()
        source.start()
        with response.receiver, response.bootstrap_receiver, response.bootstrap_result_receiver:
            response.receiver.start_push(changes)
            response.bootstrap_result_receiver.start(outcome)
            response.bootstrap_receiver.start_push(records)
            assert len(records.wait()) == 1
            assert outcome.wait().event_count == 1
        source.stop()
        changes.wait()


def test_services_that_are_something_else(host: Host) -> None:
    """An object that is refused was never given: neither it nor those beside it are closed."""
    store, identity = Store(), Identity(host.drasi)
    with host.source() as source:
        before = host.journal()
        for services, said in (
            (
                {"state_store": object()},
                "an object like StateStore is needed, and object has no `clear_store`, ",
            ),
            (
                {"identity_provider": store},
                "an object like IdentityProvider is needed, and Store has no `get_cre",
            ),
            (
                {"snapshot_fetcher": 7},
                "an object like SnapshotFetcher is needed, and int has no `fetch_snapshot`$",
            ),
        ):
            given = {"state_store": store, "identity_provider": identity, **services}
            with pytest.raises(TypeError, match=said):
                source.initialize(host.context(**given))
        with pytest.raises(
            TypeError, match="an object like BootstrapProvider is needed, and Sender has no `bootst"
        ):
            source.set_bootstrap_provider(Sender(host.drasi))
        assert host.journal() == before
    assert store.closed == identity.closed == 0


def test_what_was_closed_says_so(host: Host) -> None:
    source = host.source()
    source.close()
    with pytest.raises(
        host.drasi.ClosedError, match=r"^this SourceProxy was closed: get another one$"
    ):
        source.start()
    assert "closed" in repr(source)


def test_what_was_handed_over_says_so(host: Host) -> None:
    provider = host.loader()
    with host.source() as source:
        source.set_bootstrap_provider(provider)
        with pytest.raises(
            host.drasi.ClosedError, match="was handed over, and is the other side's now"
        ):
            provider.bootstrap("q", [], [], "r", "h", "s", Sender(host.drasi))

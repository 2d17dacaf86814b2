"""A host of drasi with mistakes, each of which a type checker has to find."""

from __future__ import annotations

import drasi


def mistakes(plugin: drasi.Plugin) -> None:
    factory = plugin.registration.source_plugins[0]
    source = factory.create_source("s1", "{}", auto_start=True)
    number: int = source.id()  # wrong
    factory.create_source("s1")  # wrong
    factory.create_source("s1", b"{}", True)  # wrong
    source.no_such_method()  # wrong
    plugin.registration.set_log_callback(7)  # wrong
    print(number)


class Half(drasi.StateStore):
    """Lacks most of what a store has to have."""

    def get(self, store_id: str, key: str) -> bytes | None:
        return None

    def set(self, store_id: int, key: str, value: bytes) -> None:  # wrong
        return None


half = Half()  # wrong


def read(receiver: drasi.ChangeReceiverProxy) -> None:
    drasi.LogStream(receiver.start_push)  # wrong
    receiver.stream(full="lose")  # wrong
    for event in receiver.stream():
        print(event.lable)  # wrong


def held(subscription: drasi.Subscription) -> None:
    subscription.receiver.no_such_method()  # wrong
    subscription.bootstrap_receiver.close()  # wrong
    subscription.receiver = 3  # wrong
    drasi.RuntimeContext("host", "s1", 3)  # wrong

"""A small world with people, and an ear for what it pushes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.sandbox.conformance.small_world import Ear, SmallWorld, listening, running


@pytest.fixture(scope="package")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorld]:
    with running(tmp_path_factory.mktemp("wechat")) as world:
        people = [{"person_id": f"p{n}", "name": f"客人{n}", "phone": f"138000000{n:02d}"} for n in range(20)]
        world.ask("/sandbox/wechat/people", {"people": people})
        yield world


@pytest.fixture
def ear() -> Iterator[Ear]:
    with listening() as found:
        yield found

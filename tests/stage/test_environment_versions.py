"""The versions that a manifest names."""

from importlib.metadata import version

from instructwild.stage.manifest import environment


def test_versions_are_those_that_the_packages_tell():
    named = environment()
    assert {package: version(package) for package in ("polars", "rapidfuzz")} == {
        package: named[package] for package in ("polars", "rapidfuzz")}
    assert {"python", "platform"} <= {*named}

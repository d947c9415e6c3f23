"""Builds libdioaudit_test with the repository's own script, into the wheel."""
import pathlib
import subprocess

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

ROOT = pathlib.Path(__file__).resolve().parent.parent


class BuildWithLibrary(build_py):
    def run(self):
        super().run()
        package = pathlib.Path(self.build_lib, "pytest_dioaudit").resolve()
        subprocess.run([ROOT / "Scripts/test-library", package], check=True)
        (package / "libdioaudit_test.a").unlink()


class NativeDistribution(Distribution):
    def has_ext_modules(self):
        return True


setup(
    name="pytest-dioaudit",
    version="0.1",
    packages=["pytest_dioaudit"],
    python_requires=">=3.10",
    install_requires=["pytest>=7"],
    entry_points={"pytest11": ["dioaudit = pytest_dioaudit"]},
    cmdclass={"build_py": BuildWithLibrary},
    distclass=NativeDistribution,
)

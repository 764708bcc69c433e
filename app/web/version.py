"""Changes with every deploy, so that pages notice one."""

from importlib.metadata import version

VERSION = version("alrt")

# shellcheck shell=bash
# To be sourced by scripts that need more than Go and git.

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# provide COMMAND PACKAGE installs a package of Debian or Ubuntu, where it may,
# unless its command is there. It reports whether the command is there then.
provide() {
	command -v "$1" >/dev/null && return
	command -v apt-get >/dev/null || return
	as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2" >/dev/null
	command -v "$1" >/dev/null
}

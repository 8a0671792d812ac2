#!/bin/sh
# SPDX-License-Identifier: MIT
# Packages from Debian without installing them: private apt roots, one for each release (bookworm
# with bookworm-backports, ...), that last as long as the run. The machine's own stays as it is.
#
# Sourced by tests/lab/fetch, which sets $cache, $tmp and $arches: those of the lists to read.
: "${cache:?}" "${tmp:?}" "${arches:?}"

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
updated=

# The mirror that this machine uses, so that the lab works wherever the machine does.
apt_mirror() {
    # shellcheck disable=SC2016 # apt-get fills them in
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' |
        sed -n -e 's, Debian$,,p' -e 's,/debian/ $,/debian/,p' | head -n 1)
    echo "${mirror:-$default_mirror}"
}
default_mirror=http://deb.debian.org/debian/

# apt_sources RELEASE MIRROR: backports belong to their release, sid and testing have none.
# RELEASE-source is a root of its own: only it needs the list of the source packages.
apt_sources() {
    case $1 in *-source)
        echo "deb-src [signed-by=$keyring] $2 ${1%-source} main"
        return
        ;;
    esac
    for suite in "$1" "$1-backports"; do
        case $suite in sid-backports | testing-backports) continue ;; esac
        echo "deb [arch=$arches signed-by=$keyring] $2 $suite main"
    done
}

# apt_in RELEASE COMMAND [ARGUMENT...]: apt-get or apt-cache in the private root.
apt_in() {
    apt_root=$tmp/apt/$1
    shift
    APT_CONFIG=$apt_root/apt.conf "$@"
}

# apt_update RELEASE: makes the root when it is needed first, and refreshes it once in a run.
# The machine's proxy, credentials and tolerance of old lists count here too; its hooks do not.
apt_update() {
    case " $updated " in *" $1 "*) return ;; esac
    root=$tmp/apt/$1
    say "reading the package lists of $1"
    mkdir -p "$root/etc/apt.conf.d" "$root/etc/preferences.d" "$root/lists/partial" \
        "$root/cache/archives/partial"
    : >"$root/status"
    {
        apt-config dump | grep -iE '^Acquire::(https?|ftp|proxy|retries|forceipv|check)' || :
        cat <<END
Dir::Etc "$root/etc/";
Dir::Etc::netrc "/etc/apt/auth.conf";
Dir::Etc::netrcparts "/etc/apt/auth.conf.d";
Dir::State "$root/";
Dir::State::status "$root/status";
Dir::Cache "$root/cache/";
APT::Architecture "amd64";
APT::Architectures { "amd64"; "arm64"; };
Acquire::Languages "none";
END
        # The user _apt may have no way into the cache, and nothing here is installed.
        echo 'APT::Sandbox::User "";'
    } >"$root/apt.conf"
    for mirror in "$(apt_mirror)" "$default_mirror"; do
        apt_sources "$1" "$mirror" >"$root/etc/sources.list"
        if apt_in "$1" apt-get update -qq --error-on=any >"$tmp/apt.log" 2>&1; then
            updated="$updated $1"
            return
        fi
    done
    fail "cannot read the package lists of $1: $(grep -m 1 '^E:' "$tmp/apt.log")"
}

# apt_find SUITE ARCH PATTERN: "PACKAGE VERSION" of the newest that fits, or nothing.
apt_find() {
    regex=$(printf '%s\n' "$3" | sed -e 's/[.+]/\\&/g' -e 's/\*/[a-z0-9.+~]*/g')
    names=$(apt_in "${1%-backports}" apt-cache pkgnames "${3%%\**}" | grep -xE -e "$regex" |
        sed "s/\$/:$2/")
    [ -n "$names" ] || return 0
    # shellcheck disable=SC2086 # a list of words
    apt_in "${1%-backports}" apt-cache madison $names |
        awk -v suite="$1/main" -v arch="$2" '$7 == arch && $6 == suite {
            sub(":.*", "", $1)
            print $1, $3
        }' | sort -V -k 2 | tail -n 1
}

# apt_depends RELEASE PACKAGE REGEX: the packages that it depends on and that fit.
apt_depends() {
    apt_in "$1" apt-cache show "$2" | sed -n '1,/^$/s/^Depends: //p' | tr ',|' '\n' |
        sed -e 's/^ *//' -e 's/ .*//' | grep -xE -e "$3" | sort -u || :
}

# apt_closure RELEASE PACKAGE...: "PACKAGE=VERSION" of everything that they need, from nothing.
# Backports come first where there are any: what is asked for is there, and its libraries must fit.
apt_closure() {
    release=$1
    target=$1
    shift
    ! grep -q -- -backports "$tmp/apt/$release/etc/sources.list" || target=$release-backports
    apt_in "$release" apt-get install -qq --no-install-recommends --print-uris -t "$target" "$@" |
        sed -n "s/^'[^']*' \([^ _]*\)_\([^_]*\)_[^_]*\.deb .*/\1=\2/p" | sed 's/%3a/:/g'
}

# apt_download RELEASE LIST PACKAGE...: into $cache/debs; apt checks signatures and hashes. LIST
# gets "SHA256  FILE" lines: by these each file is checked again before it is unpacked.
apt_download() {
    release=$1
    list=$2
    shift 2
    # What should have named them runs in a subshell, where fail only ends that.
    [ $# -gt 0 ] || fail "found no package to download in $release"
    mkdir -p "$cache/debs"
    apt_in "$release" apt-get download -qq --print-uris "$@" >"$tmp/uris" 2>"$tmp/apt.log" ||
        fail "$(head -n 1 "$tmp/apt.log")"
    sed -n "s/^'[^']*' \([^ ]*\) .*SHA256:\([0-9a-f]*\).*/\2  \1/p" "$tmp/uris" >"$list"
    [ "$(wc -l <"$list")" -eq "$(wc -l <"$tmp/uris")" ] || fail "no SHA256 for one of $*"
    while read -r sum file; do
        # Where an earlier run was cut short, apt would take the torso for the file.
        echo "$sum  $cache/debs/$file" | sha256sum --check --status 2>/dev/null ||
            rm -f "$cache/debs/$file"
    done <"$list"
    (cd "$cache/debs" && apt_in "$release" apt-get download -qq "$@") >"$tmp/apt.log" 2>&1 ||
        fail "cannot download: $(head -n 1 "$tmp/apt.log")"
    (cd "$cache/debs" && sha256sum --check --quiet "$list") >&2 || fail "a download is damaged"
}

# deb_check SUM FILE: right before a package is unpacked.
deb_check() {
    echo "$1  $cache/debs/$2" | sha256sum --check --status || fail "$2 is not what was downloaded"
}

# deb_unpack LIST DIRECTORY: all packages of the list.
deb_unpack() {
    mkdir -p "$2"
    while read -r sum file; do
        deb_check "$sum" "$file"
        dpkg-deb -x "$cache/debs/$file" "$2"
    done <"$1"
}

# deb_drop LIST: what is unpacked is not needed again; the list stays beside what came from it.
deb_drop() {
    while read -r _ file; do
        rm -f "$cache/debs/$file"
    done <"$1"
}

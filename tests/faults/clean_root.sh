#!/usr/bin/env bash
# Runs make targets on a machine that has git, make and Python, and nothing else: a fresh Debian in a folder.
#
#   sudo tests/faults/clean_root.sh [--user] [--suite NAME] [--display] TARGET...
#
# TARGET   what to make, one after the other and timed: setup, run, test, check (run, run and test if none)
# --user   as a person without root, on a system that knows certificate authorities (default: as root)
# --suite  a release of Debian (default: bookworm, whose Python is 3.11)
# --display  with a screen (Xvfb outside of the root, its socket shared): "run" is then over when the window shows
#
# CLEAN_ROOT names the folder to work in (default: a new one, removed at the end; a named one is kept, and its
# untouched first state is reused). Needs root, debootstrap, about 3 GB, and Xvfb and xdotool for --display. What this
# machine says about proxies, package indexes and certificates goes along, nothing else does.

set -euo pipefail
cd "$(dirname "$0")/../.."

suite=bookworm who=root display="" targets=()
while [ $# -gt 0 ]; do
    case $1 in
        --user) who=plain ;;
        --suite) suite=$2; shift ;;
        --display) display=:97 ;;
        -*) sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; exit 2 ;;
        *) targets+=("$1") ;;
    esac
    shift
done
[ ${#targets[@]} -gt 0 ] || targets=(run run test)

work=$(realpath "${CLEAN_ROOT:-$(mktemp -d)}")
untouched=$work/untouched-$suite
root=$work/root
screen=

end_what_runs_inside() {
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/root")" != "$root" ] || kill -KILL "${process#/proc/}"
    done 2> /dev/null
}

window_shows() {
    [ -n "$display" ] && DISPLAY=$display xdotool search --onlyvisible --name Baton > /dev/null 2>&1
}

tidy() {
    [ -z "$screen" ] || kill "$screen" 2> /dev/null || true
    end_what_runs_inside
    for folder in tmp/.X11-unix dev/shm dev/pts proc; do
        umount "$root/$folder" 2> /dev/null || true
    done
    [ -n "${CLEAN_ROOT:-}" ] || rm -rf --one-file-system "$work"
}
trap tidy EXIT
trap 'exit 130' INT TERM

if [ ! -d "$untouched" ]; then
    debootstrap --variant=minbase --include=git,make,python3 "$suite" "$untouched.part" > "$work/debootstrap.log"
    chroot "$untouched.part" useradd --create-home plain
    mv "$untouched.part" "$untouched"
fi
for folder in tmp/.X11-unix dev/shm dev/pts proc; do
    umount "$root/$folder" 2> /dev/null || true
done
rm -rf --one-file-system "$root"
cp -a "$untouched" "$root"
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
mount -t proc proc "$root/proc"
mkdir -p "$root/dev/shm" "$root/dev/pts" "$root/tmp/.X11-unix"
mount -t tmpfs tmpfs "$root/dev/shm"
chmod 1777 "$root/dev/shm"
mount --bind /dev/pts "$root/dev/pts"
if [ "$who" = plain ]; then
    chroot "$root" sh -c 'apt-get -qq update && apt-get -qq install --yes ca-certificates' > "$work/user.log" 2>&1
fi

home=$(chroot "$root" sh -c "echo ~$who")
project="$home/two words ü/Baton"
mkdir -p "$root$project"
git ls-files --cached --others --exclude-standard -z | tar --create --null --ignore-failed-read --files-from=- |
    tar --extract --directory="$root$project"
chroot "$root" chown -R "$who:" "$home"

environment=(HOME="$home" USER="$who" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY PIP_INDEX_URL UV_DEFAULT_INDEX CI; do
    [ -z "${!name:-}" ] || environment+=("$name=${!name}")
done
if [ -n "${SSL_CERT_FILE:-}" ]; then
    install -m 644 "$SSL_CERT_FILE" "$root/authorities.pem"
    environment+=(SSL_CERT_FILE=/authorities.pem)
fi
if [ -n "$display" ]; then
    Xvfb "$display" -screen 0 1440x900x24 -nolisten tcp &
    screen=$!
    mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"
    environment+=("DISPLAY=$display")
fi

red=0
for target in "${targets[@]}"; do
    echo "== make $target ($suite, $who)"
    before=$(date +%s.%N)
    chroot "$root" setpriv --reuid="$who" --regid="$who" --init-groups env -i "${environment[@]}" \
        make -C "$project" "$target" &
    status=0
    while kill -0 $! 2> /dev/null && ! window_shows; do sleep 0.2; done
    if window_shows; then
        end=window
        end_what_runs_inside
        wait $! 2> /dev/null || true
    else
        wait $! || status=$?
        end="exit $status"
    fi
    awk -v a="$before" -v b="$(date +%s.%N)" -v e="$end" -v t="$target" \
        'BEGIN { printf "== make %s: %s after %.2f s\n", t, e, b - a }'
    [ "$status" -eq 0 ] || red=1
done
exit "$red"

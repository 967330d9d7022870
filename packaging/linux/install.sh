#!/bin/sh
# Makes Baton part of one person's desktop: no administrator, nothing outside of the home folder.
#
#   ./install            puts it there, or a newer one in place of an older
#   ./install --remove   takes it away again; workflows, runs and settings stay
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
program=$HOME/.local/lib/baton
command=$HOME/.local/bin/baton
case ${XDG_DATA_HOME:-} in
    /*) share=$XDG_DATA_HOME ;;
    *) share=$HOME/.local/share ;;
esac

# English and Chinese, as the person's system speaks.
say() {
    case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in
        zh*) printf '%s\n' "$2" ;;
        *) printf '%s\n' "$1" ;;
    esac
}

refuse() {
    say "$1" "$2" >&2
    exit 1
}

is_ours() { [ -x "$1/baton" ] && [ -d "$1/_internal" ]; }

# A program whose files are taken away under it fails in odd ways.
is_open() {
    for process in /proc/[0-9]*; do
        if [ "$(readlink "$process/exe" 2>/dev/null)" = "$program/baton" ]; then return 0; fi
    done
    return 1
}

# The name of a file as a menu entry wants it: quoted, and signs with a meaning made plain.
quoted() {
    printf '%s' "$1" | sed -e 's/["`$\\]/\\&/g' -e 's/\\/\\\\/g' -e 's/%/%%/g' -e 's/^/"/' -e 's/$/"/'
}

tell_desktop() {
    if [ -d "$share/applications" ] && command -v update-desktop-database >/dev/null; then
        update-desktop-database -q "$share/applications" || true
    fi
    if [ -d "$share/mime/packages" ] && command -v update-mime-database >/dev/null; then
        update-mime-database "$share/mime" >/dev/null 2>&1 || true
    fi
}

put() {
    is_ours "$here" || refuse "Run this script where you unpacked Baton." "请在解压 Baton 的文件夹中运行此脚本。"
    [ "$here" != "$program" ] || refuse "Baton is installed already." "Baton 已经安装。"
    if [ -e "$program" ] && ! is_ours "$program"; then
        refuse "There is something else in $program." "$program 中已有其他内容。"
    fi
    if is_open; then
        refuse "Baton is still open. Close it (what runs can be resumed later), then try again." \
            "Baton 还开着。请先关闭它（正在运行的内容稍后可以继续），然后重试。"
    fi
    mkdir -p "$(dirname "$program")" "$(dirname "$command")"
    # The old one goes only when the new one is whole.
    rm -rf "$program.new" "$program.old"
    cp -R "$here" "$program.new"
    if [ -e "$program" ]; then mv "$program" "$program.old"; fi
    mv "$program.new" "$program"
    rm -rf "$program.old"

    (cd "$here/share" && find . -type f) | while IFS= read -r file; do
        mkdir -p "$(dirname "$share/$file")"
        cp "$here/share/$file" "$share/$file"
    done
    entry=$share/applications/baton.desktop
    while IFS= read -r line; do
        case $line in
            Exec=*) printf 'Exec=%s %%f\n' "$(quoted "$program/baton")" ;;
            *) printf '%s\n' "$line" ;;
        esac
    done <"$here/share/applications/baton.desktop" >"$entry.new"
    mv "$entry.new" "$entry"
    if [ -L "$command" ] || [ ! -e "$command" ]; then ln -sf "$program/baton" "$command"; fi
    tell_desktop
    say "Baton is installed: look for it in the menu of your desktop. This folder can go." \
        "Baton 已安装：可以在桌面菜单中找到它。此文件夹可以删除。"
    say "To remove it later: $program/install --remove" "以后要移除：$program/install --remove"
}

take_away() {
    is_ours "$program" || refuse "Baton isn't installed in $program." "$program 中没有安装 Baton。"
    if is_open; then refuse "Baton is still open. Close it, then try again." "Baton 还开着。请先关闭它，然后重试。"; fi
    (cd "$program/share" && find . -type f) | while IFS= read -r file; do
        rm -f "$share/$file"
    done
    if [ "$(readlink "$command")" = "$program/baton" ]; then rm -f "$command"; fi
    cd "$HOME"
    rm -rf "$program"
    tell_desktop
    say "Baton is removed. Your workflows, runs and settings are still there." \
        "Baton 已移除。你的工作流、运行记录和设置都还在。"
}

# Read as a whole before anything of it happens: it may lie in the folder that goes.
main() {
    case ${1:-} in
        '') put ;;
        --remove) take_away ;;
        *) refuse "Say nothing to install, or --remove." "不带参数表示安装，或使用 --remove。" ;;
    esac
    exit
}
main "$@"

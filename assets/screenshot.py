#!/usr/bin/env python3
"""Draws assets/screenshot.svg from a real run of the program in tmux.

usage: cargo build --release && python3 assets/screenshot.py [PROGRAM]

Needs tmux and Python's standard library. The demo runs in a folder of its own that is removed afterwards.
"""

import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COLUMNS, ROWS = 120, 40
# Two decisions, then one person who left and still administers a project.
KEYS = ["n", "n", "a", "a", "/", "m", "a", "r", "s", "h", "Enter", "j", "d", "3", "Escape"]
CELL_W, CELL_H = 8.43, 18
BACKGROUND, FOREGROUND = "#101418", "#d8dee9"
BASIC = ["#3b4252", "#bf616a", "#a3be8c", "#ebcb8b", "#81a1c1", "#b48ead", "#88c0d0", "#e5e9f0"]
BRIGHT = ["#616e88", "#d08770", "#b1d196", "#f0d399", "#8fbcdb", "#c895bf", "#93ccdc", "#eceff4"]


def tmux(*arguments):
    return subprocess.run(["tmux", "-L", "muster-screenshot", *arguments], check=True, capture_output=True, text=True).stdout


def wait_for(text):
    for _ in range(200):
        screen = tmux("capture-pane", "-p", "-t", "demo")
        if text in screen:
            return
        time.sleep(0.1)
    raise SystemExit(f"the screen never showed {text!r}:\n{screen}")


def run():
    data = tempfile.mkdtemp()
    program = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else os.path.join(ROOT, "target", "release", "muster")
    # A plain environment: whose machine it is does not belong in a picture.
    command = f"env -i HOME={data} PATH=/usr/bin:/bin TERM=tmux-256color COLORTERM=truecolor LANG=C.UTF-8 {program} --data-dir {data} demo"
    try:
        tmux("-f", "/dev/null", "new-session", "-d", "-s", "demo", "-x", str(COLUMNS), "-y", str(ROWS), command)
        wait_for("? ")
        for key in KEYS:
            tmux("send-keys", "-t", "demo", key)
            time.sleep(0.3)
        return tmux("capture-pane", "-e", "-p", "-t", "demo")
    finally:
        subprocess.run(["tmux", "-L", "muster-screenshot", "kill-server"], capture_output=True, check=False)
        shutil.rmtree(data, ignore_errors=True)


def palette(index):
    if index < 8:
        return BASIC[index]
    if index < 16:
        return BRIGHT[index - 8]
    if index >= 232:
        grey = 8 + (index - 232) * 10
        return f"#{grey:02x}{grey:02x}{grey:02x}"
    index -= 16
    levels = [0, 95, 135, 175, 215, 255]
    return "#" + "".join(f"{levels[index // step % 6]:02x}" for step in (36, 6, 1))


def sgr(style, codes):
    codes = [int(code or 0) for code in codes.split(";")]
    while codes:
        code = codes.pop(0)
        if code == 0:
            style.clear()
        elif code in (1, 2, 3, 4, 7):
            style[code] = True
        elif code in (22, 23, 24, 27):
            for off in {22: (1, 2), 23: (3,), 24: (4,), 27: (7,)}[code]:
                style.pop(off, None)
        elif code in (38, 48) and codes:
            kind = codes.pop(0)
            colour = palette(codes.pop(0)) if kind == 5 else "#%02x%02x%02x" % tuple(codes.pop(0) for _ in range(3))
            style["fg" if code == 38 else "bg"] = colour
        elif code in (39, 49):
            style.pop("fg" if code == 39 else "bg", None)
        elif 30 <= code <= 37 or 40 <= code <= 47:
            style["fg" if code < 40 else "bg"] = BASIC[code % 10]
        elif 90 <= code <= 97 or 100 <= code <= 107:
            style["fg" if code < 100 else "bg"] = BRIGHT[code % 10]


def width(character):
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def draw(screen):
    size = f"{COLUMNS * CELL_W + 24:.0f}", f"{ROWS * CELL_H + 24:.0f}"
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" viewBox="0 0 {size[0]} {size[1]}">',
        "<title>muster reviewing the demo organization</title>",
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>',
        '<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14" xml:space="preserve">',
    ]
    style = {}
    for row, line in enumerate(screen.split("\n")[:ROWS]):
        column = 0
        for part in re.split(r"(\x1b\[[0-9;]*m)", line):
            if part.startswith("\x1b"):
                sgr(style, part[2:-1])
                continue
            cells = sum(width(character) for character in part)
            if not cells:
                continue
            front, back = style.get("fg", FOREGROUND), style.get("bg")
            if style.get(7):
                front, back = back or BACKGROUND, front
            x, y = 12 + column * CELL_W, 12 + row * CELL_H
            if back:
                out.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{cells * CELL_W:.1f}" height="{CELL_H}" fill="{back}"/>')
            extra = ' font-weight="bold"' if style.get(1) else ""
            extra += ' opacity="0.6"' if style.get(2) else ""
            extra += ' text-decoration="underline"' if style.get(4) else ""
            # Each word has a place of its own, so that columns stay columns in any font.
            for word in re.finditer(r"\S+", part):
                before = sum(width(character) for character in part[: word.start()])
                x = 12 + (column + before) * CELL_W
                out.append(f'<text x="{x:.1f}" y="{y + 14:.1f}" fill="{front}"{extra}>{html.escape(word.group())}</text>')
            column += cells
    out.append("</g></svg>\n")
    return "\n".join(out)


def main():
    picture = os.path.join(ROOT, "assets", "screenshot.svg")
    with open(picture, "w", encoding="utf-8") as file:
        file.write(draw(run()))
    print("assets/screenshot.svg")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: MIT
"""Growth of times with the number of rows: the exponent, and a small log-log picture as SVG."""
import math

COLOURS = ["#1b6ca8", "#c8553d", "#588157", "#7d5ba6", "#b08900", "#444444"]
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 400, 64, 170, 36, 44


def exponent(times):
    """Slope of the straight line through the logarithms of {n: seconds}."""
    x, y = [math.log(n) for n in times], [math.log(t) for t in times.values()]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)


def decades(values):
    return range(math.floor(math.log10(min(values)) + 1e-9), math.ceil(math.log10(max(values)) - 1e-9) + 1)


def svg(title, series):
    """A picture of {name: {n: seconds}}: both axes logarithmic, a line for each name, its exponent in the legend."""
    ns, times = zip(*[point for line in series.values() for point in line.items()])
    x_ticks, y_ticks = decades(ns), decades(times)
    x_span, y_span = max(1, x_ticks[-1] - x_ticks[0]), max(1, y_ticks[-1] - y_ticks[0])
    x = lambda n: LEFT + (math.log10(n) - x_ticks[0]) / x_span * (WIDTH - LEFT - RIGHT)  # noqa: E731
    y = lambda t: HEIGHT - BOTTOM - (math.log10(t) - y_ticks[0]) / y_span * (HEIGHT - TOP - BOTTOM)  # noqa: E731
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
           f'font-size="12"><rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
           f'<text x="{LEFT}" y="20" font-size="14">{title}</text>']
    for k in x_ticks:
        out.append(f'<path d="M{x(10 ** k):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/><text x="{x(10 ** k):.1f}" '
                   f'y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{10 ** k:,}</text>')
    for k in y_ticks:
        label = f"{10.0 ** k:g} s"
        out.append(f'<path d="M{LEFT} {y(10.0 ** k):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/><text x="{LEFT - 6}" '
                   f'y="{y(10.0 ** k) + 4:.1f}" text-anchor="end">{label}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">rows</text>')
    for row, (name, line) in enumerate(series.items()):
        colour = COLOURS[row % len(COLOURS)]
        points = " ".join(f"{x(n):.1f},{y(t):.1f}" for n, t in line.items())
        out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x(n):.1f}" cy="{y(t):.1f}" r="3" fill="{colour}"/>' for n, t in line.items()]
        power = f", n^{exponent(line):.2f}" if len(line) > 1 else ""
        top = TOP + 8 + 20 * row
        out.append(f'<path d="M{WIDTH - RIGHT + 8} {top}h16" stroke="{colour}" stroke-width="2"/>'
                   f'<text x="{WIDTH - RIGHT + 28}" y="{top + 4}" font-size="11">{name}{power}</text>')
    return "\n".join(out) + "\n</svg>\n"

#!/usr/bin/env python3
"""Makes one program of the C++ in the documentation.

usage: docs_snippets.py SOURCE_ROOT OUTPUT

Every ```cpp block of README.md and docs/*.md is a program of its own (README's first alone, which another test compiles and runs), or
stands after a line `<!-- snippet: NAME -->`, `<!-- snippet: NAME after OTHER -->` or `<!-- the same as: FILE -->`. Snippets are the
bodies of functions that main calls, each after what OTHER says; those with templates stand in a namespace. Of a file all lines of the
block must be there, one after the other.
"""

import pathlib
import re
import sys

HEAD = """\
#include <lifelog/core/xtensor.hpp>
#include <lifelog/cluster/kmeans.hpp>
#include <lifelog/cluster/silhouette.hpp>
#include <lifelog/cluster/ward.hpp>
#include <lifelog/evaluate/without_sensors.hpp>
#include <lifelog/evaluate/bootstrap.hpp>
#include <lifelog/evaluate/folds.hpp>
#include <lifelog/importance/information.hpp>
#include <lifelog/manifold/quality.hpp>
#include <lifelog/manifold/tsne.hpp>
#include <lifelog/metrics/ordinal.hpp>
#include <lifelog/nn/batch_norm.hpp>
#include <lifelog/nn/causal_block.hpp>
#include <lifelog/nn/dropout.hpp>
#include <lifelog/nn/functional.hpp>
#include <lifelog/nn/grouped_convolution.hpp>
#include <lifelog/nn/layer_norm.hpp>
#include <lifelog/nn/over_time_gradient.hpp>
#include <lifelog/nn/stream.hpp>
#include <lifelog/nn/without_bias.hpp>
#include <lifelog/train/regression_loss.hpp>
#include <lifelog/train/trainer.hpp>

using namespace lifelog;
using namespace lifelog::nn;
"""


def blocks(page):
    """(line, marker or None, code) of each C++ block of a page."""
    for found in re.finditer(r"^(?:<!-- ([^\n]*) -->\n)?```cpp\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        yield page.count("\n", 0, found.start(2)) + 1, found[1], found[2]


def main():
    root, output = map(pathlib.Path, sys.argv[1:])
    pages = [root / "README.md", *sorted((root / "docs").glob("*.md"))]
    text, calls, snippets, count = HEAD, "", {}, 0
    for path in pages:
        page = path.read_text()
        if page.count("```cpp\n") != len(list(blocks(page))):
            sys.exit(f"{path}: a block of C++ is not as others are")
        for i, (line, marker, code) in enumerate(blocks(page)):
            count += 1
            words = (marker or "").split()
            if path == pages[0] and i == 0 and marker is None and "int main(" in code:
                continue
            if words[:3] == ["the", "same", "as:"]:
                if code not in (root / words[3]).read_text():
                    sys.exit(f"{path}:{line}: this is not in {words[3]}")
                continue
            if words[:1] != ["snippet:"] or len(words) not in (2, 4) or (len(words) == 4 and words[2] != "after"):
                sys.exit(f"{path}:{line}: nothing says how to compile this: see {pathlib.Path(__file__).name}")
            name = words[1]
            if name in snippets:
                sys.exit(f"{path}:{line}: there is another snippet '{name}'")
            snippets[name] = f'#line {line} "{path}"\n{code}'
            before = snippets[words[3]] if len(words) == 4 else ""
            if "template<" in code:
                text += f"\nnamespace snippet_{name} {{\n{before}{snippets[name]}}}\n"
            else:
                text += f"\nvoid snippet_{name}() {{\n{before}{snippets[name]}}}\n"
                calls += f"  snippet_{name}();\n"
    if count < 9:
        sys.exit(f"{count} blocks of C++ found: expected 9 at least")
    output.write_text(f"{text}\nint main() {{\n{calls}}}\n")


if __name__ == "__main__":
    main()

"""The report: one folder with a page and a picture."""

from __future__ import annotations

import tempfile
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Annotated

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from digits.evaluation import Evaluation
from flowc import step

COLUMNS, ROWS = 8, 3
DIGIT, WIDTH, HEIGHT = 64, 80, 92


@step
def write_report(
    title: str,
    images: np.ndarray,
    labels: np.ndarray,
    evaluations: list[Evaluation],
    best: Evaluation,
) -> tuple[Annotated[Path, "report"], Annotated[dict[str, float], "metrics"]]:
    """Write a page about all models and a picture of what the best one got wrong."""
    folder = Path(tempfile.mkdtemp(), "report")
    folder.mkdir()
    # Uncompressed: what a compressor writes depends on the processor.
    draw_mistakes(images, labels, best).save(folder / "mistakes.png", compress_level=0)
    page = render_page(title, labels, evaluations, best)
    (folder / "report.html").write_text(page, encoding="utf-8", newline="\n")
    return folder, {evaluation.model: evaluation.accuracy for evaluation in evaluations}


def render_page(
    title: str, labels: np.ndarray, evaluations: list[Evaluation], best: Evaluation
) -> str:
    template = Template(files("digits").joinpath("report.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(title),
        rows="\n".join(_model_row(evaluation, best) for evaluation in evaluations),
        best=escape(best.model),
        wrong=len(_mistakes(labels, best)),
        total=len(labels),
        confusion="\n".join(_table_row(row) for row in _confusion(labels, best)),
    )


def draw_mistakes(images: np.ndarray, labels: np.ndarray, best: Evaluation) -> Image.Image:
    """Draw the first mistakes, ``true > read`` under each, in sixteen shades of grey."""
    font = ImageFont.load_default(size=12)
    picture = Image.new("L", (COLUMNS * WIDTH, ROWS * HEIGHT), color=255)
    draw = ImageDraw.Draw(picture)
    for place, index in enumerate(_mistakes(labels, best)[: COLUMNS * ROWS]):
        left, top = place % COLUMNS * WIDTH, place // COLUMNS * HEIGHT
        ink = Image.fromarray(255 - images[index].reshape(8, 8).clip(max=15) * 17)
        enlarged = ink.resize((DIGIT, DIGIT), Image.Resampling.NEAREST)
        picture.paste(enlarged, (left + (WIDTH - DIGIT) // 2, top))
        caption = f"{labels[index]} > {best.answers[index]}"
        draw.text((left + WIDTH // 2, top + DIGIT + 4), caption, fill=0, font=font, anchor="ma")
    return picture.quantize(colors=16, dither=Image.Dither.NONE)


def _mistakes(labels: np.ndarray, best: Evaluation) -> list[int]:
    pairs = zip(labels.tolist(), best.answers, strict=True)
    return [index for index, (label, answer) in enumerate(pairs) if label != answer]


def _confusion(labels: np.ndarray, best: Evaluation) -> list[list[int]]:
    counts = [[0] * 10 for _ in range(10)]
    for label, answer in zip(labels.tolist(), best.answers, strict=True):
        counts[label][answer] += 1
    return counts


def _model_row(evaluation: Evaluation, best: Evaluation) -> str:
    mark = ' class="best"' if evaluation.model == best.model else ""
    name = escape(evaluation.model)
    return f"<tr{mark}><td>{name}</td><td>{evaluation.accuracy:.4f}</td></tr>"


def _table_row(counts: list[int]) -> str:
    return f"<tr>{''.join(f'<td>{count}</td>' for count in counts)}</tr>"

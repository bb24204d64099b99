"""The little style that Streamlit's theme has no setting for; colours are the theme's own, so it suits light and dark."""

STYLE = """<style>
.stMainBlockContainer { padding: 2.5rem 2.5rem 2rem; }
.st-key-invitation, .st-key-buttons { min-height: 2.5rem; }
.st-key-draw { row-gap: .75rem; }
.nn-legend { display: flex; flex-wrap: wrap; gap: 0 1rem; font-size: .9rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.nn-legend i { display: inline-block; width: .8rem; height: .8rem; border-radius: 2px; margin-right: .3rem; }
.nn-answer { display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: center; }
.nn-digit { font-size: 5.5rem; line-height: 1; font-weight: 700; min-width: 3.5rem; text-align: center; }
.nn-none { opacity: .25; }
.nn-answer figure { margin: 0; }
.nn-answer img { width: 84px; height: 84px; image-rendering: pixelated; border-radius: 4px; display: block; }
.nn-answer figcaption { font-size: .72rem; opacity: .7; margin-top: .15rem; }
.nn-answer ol { list-style: none; margin: 0; padding: 0; flex: 1 1 8rem; }
.nn-answer li { display: flex; align-items: center; gap: .4rem; margin: 0; font-size: .8rem; line-height: 1.1rem; }
.nn-answer li span { flex: 1; height: .7rem; border-radius: 3px; background: color-mix(in srgb, currentColor 10%, transparent); }
.nn-answer li i { display: block; height: 100%; border-radius: 3px; background: color-mix(in srgb, currentColor 40%, transparent); }
.nn-answer li small { width: 1.9rem; text-align: right; font-variant-numeric: tabular-nums; }
.nn-answer li.largest { font-weight: 700; }
.nn-answer li.largest i { background: #2f7bf0; }
.nn-empty { display: flex; align-items: center; justify-content: center; border-radius: 8px; opacity: .45; border: 1px dashed; }
.st-key-chart_accuracy { min-height: 160px; } /* as high as the charts, see training_panel.py */
.st-key-chart_cost { min-height: 190px; }
.nn-doubt { flex: 1 0 100%; min-height: 1.2rem; font-size: .85rem; color: #d97706; font-weight: 600; }
.nn-way { display: flex; flex-wrap: wrap; gap: .5rem .9rem; align-items: flex-start; }
.nn-way figure { margin: 0; width: 72px; }
.nn-way img { width: 72px; height: 72px; object-fit: contain; background: #000; border-radius: 4px; display: block; }
.nn-way figcaption { font-size: .72rem; line-height: 1rem; margin-top: .15rem; }
.st-key-paper { position: relative; }
.st-key-paper > :has(> .st-key-picked) { position: absolute; z-index: 100; top: 0; left: 0; } /* above the canvas, taking no room */
.st-key-picked img { width: 280px; height: 280px; image-rendering: pixelated; display: block; }
.nn-subject { display: flex; align-items: center; gap: .9rem; }
.nn-subject img { width: 56px; height: 56px; image-rendering: pixelated; border-radius: 4px; display: block; }
.nn-figures { display: flex; flex-wrap: wrap; gap: .6rem .8rem; align-items: flex-start; }
.nn-figures figure { margin: 0; width: max(var(--side), 4.2rem); }
.nn-figures img { width: var(--side); height: var(--side); image-rendering: pixelated; border-radius: 4px; display: block;
  background: color-mix(in srgb, currentColor 7%, transparent); }
.nn-figures figcaption { font-size: .72rem; line-height: 1rem; margin-top: .15rem; font-variant-numeric: tabular-nums; }
.nn-numbers { overflow-x: auto; }
.nn-numbers table { border-collapse: collapse; font-size: .8rem; font-variant-numeric: tabular-nums; }
.nn-numbers caption { text-align: left; font-size: .8rem; opacity: .75; padding-bottom: .2rem; }
.nn-numbers th, .nn-numbers td { padding: .1rem .45rem; text-align: right; border: 0; font-weight: 400; white-space: nowrap; }
.nn-numbers th { opacity: .75; }
.nn-numbers tbody tr { border-top: 1px solid color-mix(in srgb, currentColor 12%, transparent); }
.nn-ten .nn-figures { display: grid; grid-template-columns: repeat(5, minmax(0, 4.5rem)); }
.nn-ten .nn-figures figure { width: auto; text-align: center; }
.nn-ten .nn-figures img { width: 100%; height: auto; aspect-ratio: 1; }
.nn-framed { margin: 0; font-size: .85rem; }
.nn-framed div { position: relative; width: 196px; height: 196px; margin-bottom: .2rem; }
.nn-framed img { width: 100%; height: 100%; image-rendering: pixelated; border-radius: 4px; display: block; }
.nn-framed i { position: absolute; outline: 2px solid #e8710a; }
.nn-pixels { overflow-x: auto; }
.nn-pixels table { border-collapse: collapse; font-size: .68rem; line-height: 1.5; font-variant-numeric: tabular-nums; }
.nn-pixels caption { text-align: left; font-size: .8rem; opacity: .75; padding-bottom: .2rem; white-space: nowrap; }
.nn-pixels td { width: 1.45rem; min-width: 1.45rem; padding: 0; text-align: center; border: 0; }
.nn-diagram img { display: block; width: 100%; max-width: 440px; height: auto; margin: .2rem auto; }
.st-key-data_digit [role=radiogroup] { flex-wrap: wrap; }
.st-key-sigmoid_chart { min-height: 250px; } /* see perceptron.py */
.nn-close { display: flex; flex-wrap: wrap; gap: .8rem 1.2rem; }
.nn-close > div { flex: 1 1 20rem; min-width: 0; }
.nn-close p { margin: .7rem 0 0; }
.st-key-section .katex-display { overflow: auto hidden; padding: .2rem 0; font-size: min(1em, 3.4vw); } /* long ones on a phone */
.nn-words { min-height: clamp(3.4rem, 11.5rem - 14vw, 8.2rem); } /* two lines, and more of them on a phone */
.nn-words sub, .nn-numbers sub { line-height: 0; }
.nn-squares img { width: min(100%, var(--columns) * 12px); image-rendering: pixelated; border-radius: 2px; display: block;
  background: color-mix(in srgb, currentColor 7%, transparent); }
.nn-numbers .nn-squares img { width: min(50vw, var(--columns) * 12px); height: 12px; }
.nn-scale { display: flex; flex-wrap: wrap; gap: .2rem .9rem; align-items: center; font-size: .8rem; }
.nn-scale span { display: flex; align-items: center; gap: .4rem; font-variant-numeric: tabular-nums; }
.nn-scale i { width: 7rem; height: .7rem; border-radius: 3px; }
.nn-strip { margin: 0; width: min(11.5rem, 45%); }
.nn-strip img { width: 100%; image-rendering: pixelated; border-radius: 4px; display: block;
  background: color-mix(in srgb, currentColor 7%, transparent); }
.nn-strip figcaption { font-size: .8rem; line-height: 1.15rem; margin-top: .2rem; font-variant-numeric: tabular-nums; }
.nn-beside { display: flex; flex-wrap: wrap; gap: .8rem 1.5rem; align-items: flex-start; }
.nn-beside p { flex: 1 1 14rem; margin: 0; }
.st-key-sum_chart { min-height: 200px; } /* as high as the chart, see weighted_sum.py */
.nn-code { font-size: .8rem; display: flex; flex-direction: column; gap: .1rem; }
.nn-code code { white-space: pre-wrap; align-self: flex-start; }
.nn-code small { font-size: .78rem; opacity: .7; font-variant-numeric: tabular-nums; }
.nn-gradients { min-height: clamp(6.7rem, 22.3rem - 20vw, 13.8rem); } /* one row, on a phone two, whatever is left out */
:is(.nn-gradients, .nn-squares, .nn-numbers) + .nn-scale { margin-top: .4rem; }
.nn-long .nn-words { min-height: clamp(4.9rem, 15.6rem - 17.5vw, 12rem); } /* three lines, on a phone seven */
@media (min-width: 641px) { .st-key-sum_pictures .nn-figures { --side: 168px !important; } }
.st-key-chart_scores { min-height: 365px; } /* as high as the matrix */
.st-key-bug_chart { min-height: 300px; } /* as high as the chart, see bugs.py */
.nn-figures sub, .nn-strip sub, .nn-code sub { line-height: 0; }
@media (max-width: 640px) {
  :is(.nn-gradients, .nn-squares, .nn-numbers) + .nn-scale span:nth-child(2) {
    order: -1; width: 100%; } /* the numbers on a line of their own, however long they are */
  .stMainBlockContainer { padding: 3.8rem 1.2rem 1.5rem; }
  .stMainBlockContainer h1 { font-size: 1.35rem; padding: .25rem 0; }
  .nn-answer { align-items: flex-start; }
}
</style>"""

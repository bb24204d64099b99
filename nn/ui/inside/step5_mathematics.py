"""The derivation of back propagation, step by step: pairs of words (Markdown) and the formula after them (LaTeX)."""

MATHEMATICS = [
    (
        "**The question.** How does the cost $J$ change if one weight changes a little? That is the partial "
        "derivative of $J$ with respect to this weight, and all of them together are the gradient. Let us begin with "
        "one image, and write single numbers: $i$ counts the pixels, $j$ the hidden units, $k$ the digits. Forward "
        "propagation of the image is:",
        r"""\begin{aligned}
        z_{h,j} &= \textstyle\sum_i x_i \, W_{h,ij} + b_{h,j} \\
        a_{h,j} &= \sigma(z_{h,j}) \\
        z_{out,k} &= \textstyle\sum_j a_{h,j} \, W_{out,jk} + b_{out,k} \\
        a_{out,k} &= \sigma(z_{out,k})
        \end{aligned}""",
    ),
    (
        "At the end is the cost, the cross-entropy with the label's ones and zeros $y_k$. The plan is to go back the "
        "same way with the chain rule, one step at a time:",
        r"""\begin{aligned}
        J = -\sum_k \big[ \, & y_k \log a_{out,k} \\
        & + (1 - y_k) \log (1 - a_{out,k}) \big]
        \end{aligned}""",
    ),
    (
        "**Step 1: from the cost to the outputs.** An output $a_{out,k}$ appears in only one term of the sum. The "
        "derivative of $\\log a$ is $1/a$, that of $\\log(1 - a)$ is $-1/(1 - a)$, and over a common denominator:",
        r"""\begin{aligned}
        \frac{\partial J}{\partial a_{out,k}} &= -\frac{y_k}{a_{out,k}} + \frac{1 - y_k}{1 - a_{out,k}} \\[4pt]
        &= \frac{a_{out,k} - y_k}{a_{out,k} \, (1 - a_{out,k})}
        \end{aligned}""",
    ),
    (
        "**Step 2: through the sigmoid.** With $\\sigma(z) = 1 / (1 + e^{-z})$, the derivative can be written with the "
        "activation itself:",
        r"""\begin{aligned}
        \frac{d\sigma}{dz} &= \frac{e^{-z}}{(1 + e^{-z})^2}
        = \frac{1}{1 + e^{-z}} \cdot \frac{e^{-z}}{1 + e^{-z}} \\[4pt]
        &= \sigma(z) \, \big(1 - \sigma(z)\big) = a \, (1 - a)
        \end{aligned}""",
    ),
    (
        "**Step 3: the error term of the outputs.** The chain rule multiplies the two, and the denominator of one is "
        "the slope of the other: they cancel. This is why cross-entropy and sigmoid go so well together. With a "
        "squared error the slope would remain, and an output that is confident and wrong, where the sigmoid is flat, "
        "would hardly learn.",
        r"""\begin{aligned}
        \delta_{out,k} &= \frac{\partial J}{\partial z_{out,k}}
        = \frac{\partial J}{\partial a_{out,k}} \cdot \frac{d a_{out,k}}{d z_{out,k}} \\[4pt]
        &= \frac{a_{out,k} - y_k}{a_{out,k} (1 - a_{out,k})} \cdot a_{out,k} (1 - a_{out,k}) \\[4pt]
        &= a_{out,k} - y_k
        \end{aligned}""",
    ),
    (
        "**Step 4: the weights and biases of the outputs.** The weight $W_{out,jk}$ appears only in $z_{out,k}$, with "
        "the factor $a_{h,j}$, and the bias $b_{out,k}$ appears there with the factor 1. So:",
        r"""\begin{aligned}
        \frac{\partial J}{\partial W_{out,jk}} &= \frac{\partial J}{\partial z_{out,k}} \cdot
        \frac{\partial z_{out,k}}{\partial W_{out,jk}} = \delta_{out,k} \, a_{h,j} \\[4pt]
        \frac{\partial J}{\partial b_{out,k}} &= \delta_{out,k}
        \end{aligned}""",
    ),
    (
        "**Step 5: back to the hidden activations.** One $a_{h,j}$ feeds all ten outputs, each through its own "
        "weight. If it changes, $J$ changes along all ten paths at once, and the chain rule adds them up:",
        r"""\begin{aligned}
        \frac{\partial J}{\partial a_{h,j}} &= \sum_k \frac{\partial J}{\partial z_{out,k}} \cdot
        \frac{\partial z_{out,k}}{\partial a_{h,j}} \\
        &= \sum_k \delta_{out,k} \, W_{out,jk}
        \end{aligned}""",
    ),
    (
        "**Step 6: the error term of the hidden units.** Through the sigmoid, as in step 2. This time nothing "
        "cancels, and the slope remains: it is at most 1/4, and nearly 0 for a saturated unit.",
        r"""\begin{aligned}
        \delta_{h,j} &= \frac{\partial J}{\partial z_{h,j}}
        = \frac{\partial J}{\partial a_{h,j}} \cdot \frac{d a_{h,j}}{d z_{h,j}} \\[4pt]
        &= \Big( \sum_k \delta_{out,k} \, W_{out,jk} \Big) \, a_{h,j} (1 - a_{h,j})
        \end{aligned}""",
    ),
    (
        "**Step 7: the weights and biases of the hidden layer.** As in step 4, with the pixels as inputs. With another "
        "hidden layer, steps 5 to 7 would be repeated: that is the whole secret of deep networks.",
        r"""\frac{\partial J}{\partial W_{h,ij}} = x_i \, \delta_{h,j}
        \qquad \frac{\partial J}{\partial b_{h,j}} = \delta_{h,j}""",
    ),
    (
        "Without a hidden layer, the outputs see the pixels themselves, $a_h = x$. Steps 1 to 4 are then all there is: "
        "the gradient of logistic regression, ten times side by side.\n\n**The same with matrices.** For $n$ images, "
        "each matrix has one row per image: $X$ is $(n, 784)$, $a_h$ and $\\delta_h$ are $(n, H)$, $a_{out}$ and "
        "$\\delta_{out}$ are $(n, 10)$; $\\odot$ multiplies element by element. The sum over $k$ in step 6 runs along "
        "a row of $\\delta_{out}$ and along a *row* of $W_{out}$. A matrix product runs along a row of the first "
        "matrix and a *column* of the second, so $W_{out}$ $(H, 10)$ is transposed; the shapes $(n, 10)$ and $(10, H)$ "
        "fit.",
        r"""\begin{aligned}
        \delta_{out} &= a_{out} - Y \\
        \delta_h &= \delta_{out} \, W_{out}^T \odot a_h \odot (1 - a_h)
        \end{aligned}""",
    ),
    (
        "All images of a mini-batch use the same weight, so the slopes that they give it are added up: a sum over "
        "the rows of both $X$ and $\\delta_h$, with pixel $i$ and unit $j$ in the columns. So $X$ is transposed, "
        "$(784, n)$ times $(n, H)$. Since $J$ is the mean over the images, each sum is divided by $n$; that way "
        "$\\eta$ means the same for every batch size. For the single image above, $n$ is 1: that is the "
        "lecture's stochastic gradient descent.",
        r"""\begin{aligned}
        \frac{\partial J}{\partial W_{out}} &= \frac{1}{n} \, a_h^T \, \delta_{out} \\[4pt]
        \frac{\partial J}{\partial b_{out}} &= \text{mean of the rows of } \delta_{out} \\[4pt]
        \frac{\partial J}{\partial W_h} &= \frac{1}{n} \, X^T \, \delta_h \\[4pt]
        \frac{\partial J}{\partial b_h} &= \text{mean of the rows of } \delta_h
        \end{aligned}""",
    ),
    (
        "**The update.** The gradient points to where $J$ grows fastest, so each weight moves the other way, by the "
        "learning rate $\\eta$ times its slope. All four gradients are computed first, with the old weights "
        "($\\delta_h$ needs the old $W_{out}$), and only then do the weights change.",
        r"""\begin{aligned}
        W_{out} &\leftarrow W_{out} - \eta \, \frac{\partial J}{\partial W_{out}} \\[4pt]
        b_{out} &\leftarrow b_{out} - \eta \, \frac{\partial J}{\partial b_{out}} \\[4pt]
        W_h &\leftarrow W_h - \eta \, \frac{\partial J}{\partial W_h} \\[4pt]
        b_h &\leftarrow b_h - \eta \, \frac{\partial J}{\partial b_h}
        \end{aligned}""",
    ),
    (
        "**How much the cost should fall.** If the slope stayed the same, each weight's step of $-\\eta$ times its "
        "slope would lower $J$ by $\\eta$ times the square of that slope. The sum over all weights and biases is the "
        "prediction in part 4. The slope does change on the way, so it holds for short steps only.",
        r"J_{before} - J_{after} \approx \eta \sum_w \Big( \frac{\partial J}{\partial w} \Big)^2",
    ),
]

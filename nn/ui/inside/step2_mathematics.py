"""The gradient of logistic regression, step by step: pairs of words (Markdown) and the formula after them (LaTeX)."""

MATHEMATICS = [
    (
        "One unit, one image with the pixels $x_1 \\dots x_{784}$, and its label $y$, which is 0 or 1:",
        r"\begin{aligned} z &= \textstyle\sum_i w_i x_i + b \qquad a = \sigma(z) \\ "
        r"J &= -\big( y \log a + (1 - y) \log(1 - a) \big) \end{aligned}",
    ),
    (
        "**The chain.** To learn is to ask: how does the cost $J$ change with a weight $w_i$? The weight moves $z$, "
        "which moves $a$, which moves $J$. By the chain rule, the slopes of these three links are multiplied. We find "
        "them one after the other:",
        r"\frac{\partial J}{\partial w_i} = \frac{\partial J}{\partial a} \cdot \frac{\partial a}{\partial z} \cdot "
        r"\frac{\partial z}{\partial w_i}",
    ),
    (
        "**First link, the cost.** The derivative of $\\log a$ is $1/a$, and that of $\\log(1 - a)$ is $-1/(1 - a)$. "
        "Over a common denominator, the terms with $ya$ cancel:",
        r"\begin{aligned} \frac{\partial J}{\partial a} &= -\frac{y}{a} + \frac{1 - y}{1 - a} \\[1ex] "
        r"&= \frac{-y(1 - a) + (1 - y)\,a}{a(1 - a)} \\[1ex] &= \frac{a - y}{a(1 - a)} \end{aligned}",
    ),
    (
        "**Second link, the sigmoid.** It is a power, $\\sigma(z) = (1 + e^{-z})^{-1}$: the exponent $-1$ becomes a "
        "factor, and the inner derivative is $-e^{-z}$. The two minus signs cancel:",
        r"\frac{\partial a}{\partial z} = \frac{e^{-z}}{(1 + e^{-z})^2} "
        r"= \frac{1}{1 + e^{-z}} \cdot \frac{e^{-z}}{1 + e^{-z}}",
    ),
    (
        "The left factor is $a$. The right one is $1 - a$, because both have the same denominator, and their "
        "numerators, $1$ and $e^{-z}$, add up to it. So $a$ alone determines the slope:",
        r"\frac{\partial a}{\partial z} = a\,(1 - a)",
    ),
    (
        "**Both together.** The slope of the sigmoid is the denominator in the slope of the cost, so it cancels. This "
        "removes the danger that a saturated output learns nothing although it is wrong, and is why cross-entropy is "
        "the cost that suits a sigmoid:",
        r"\frac{\partial J}{\partial z} = \frac{a - y}{a(1 - a)} \cdot a\,(1 - a) = a - y",
    ),
    (
        "**Third link, the sum.** In $z$, the weight $w_i$ is multiplied by $x_i$, and $b$ is added:",
        r"\frac{\partial z}{\partial w_i} = x_i \qquad \frac{\partial z}{\partial b} = 1",
    ),
    (
        "**The gradient.** Error times input: the further the answer was off and the more ink the pixel had, the more "
        "its weight is corrected. Where there is no ink, $x_i = 0$, nothing is learnt:",
        r"\frac{\partial J}{\partial w_i} = (a - y)\, x_i \qquad \frac{\partial J}{\partial b} = a - y",
    ),
    (
        "**The step.** The gradient points to where $J$ grows, so we go the other way. The learning rate $\\eta$ sets "
        "how far:",
        r"\begin{aligned} w_i &\leftarrow w_i - \eta\,(a - y)\,x_i \\ b &\leftarrow b - \eta\,(a - y) \end{aligned}",
    ),
]

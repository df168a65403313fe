"""What a network is trained to: its labels, sharp or smoothed, and a teacher's opinion of them."""

from torch import Tensor, nn

from analysis.training import Training


def smoothed(shares: Tensor, epsilon: float) -> Tensor:
    """Shares (N, classes) of which each class's own gives `epsilon` to the other classes, evenly.

    He et al. (2019), equation 4: a label keeps 1 - ε, and every other class has ε / (K - 1). PyTorch spreads ε over all
    K classes instead, the label among them; that is this with ε (K - 1) / K.
    """
    classes = shares.shape[1]
    return shares * (1 - epsilon) + (1 - shares) * (epsilon / max(classes - 1, 1))


def label_loss(logits: Tensor, targets: Tensor, training: Training) -> Tensor:
    """Mean cross-entropy of logits (N, classes) to labels (N,) or shares of classes (N, classes), smoothed as asked."""
    epsilon = training.label_smoothing
    if epsilon and training.smoothing_over == "others":
        shares = nn.functional.one_hot(targets, logits.shape[1]).float() if targets.ndim == 1 else targets
        return nn.functional.cross_entropy(logits, smoothed(shares, epsilon))
    return nn.functional.cross_entropy(logits, targets, label_smoothing=epsilon)


def teacher_loss(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """T² times the mean cross-entropy of softmax(logits / T) to softmax(teacher / T) (Hinton et al. 2015).

    T² keeps the gradient, T (softmax(logits / T) - softmax(teacher / T)) of each image, of one size whatever T is.
    """
    soft = (teacher / temperature).softmax(1)
    return temperature**2 * nn.functional.cross_entropy(logits / temperature, soft)

"""What --help says beside the options."""

PURPOSE = (
    "Where should a convolutional network spend its compute? Trains small proxies along an axis at a fixed budget."
)
COSTS = """Exact costs of one image. macs: multiply-adds of convolutions and linear layers; activations: elements of all
convolutions' outputs; cio: of their inputs and outputs; moc: macs over cio."""
EPILOG = """words:
  explore plan      the settings only, nothing trained (same options; --estimate: time and memory of the run)
  explore cost      params, multiply-adds, activations, CIO, MoC (--counters: as others count; --measure: speed)
  explore show      a network's sentence and its stage table (--plot: its blocks, drawn)
  explore space     the networks of a design space within budgets: count, sample, enumerate
  explore sweep     architecture and hyperparameters searched together within budgets
  explore train     networks by name, trained side by side
  explore ablate    what each trick adds to the training of one network
  explore report    make a run's report again, or compare several runs (--text: on the terminal)
  explore repeat    trials of a run trained again, and whether the numbers are the same
  explore runs      the runs there are: how far each is, and what it says
  explore zoo       the named networks: errors of public weights, costs, measured speed (--plot: their map)
  explore compare   networks side by side: costs, stages, published figures (--measure: speed)
  explore recipe    the recipes that ship, or one of them with what every field is
  explore export    a network as a module, ONNX, TorchScript, weights or Python (--fuse: for inference)

examples:
  explore --budget 4GFLOPs --axis cardinality
  explore plan --budget 4GFLOPs --axis radix --json
  explore cost resnext50_32x4d resnet50

FLOPs are multiply-adds of convolutions and linear layers: resnet50 has 4.09 G."""

SPACES = """in a space:
  {1|2|4}           one of them, numbers or parts
  16..128/8         from 16 to 128 in steps of 8
  C = {1|2}; ...    one value throughout the network; 2*C is twice that

examples:
  explore space tree count --budget 4GFLOPs
  explore space resnext sample --budget 4GFLOPs --budget '<=20Mparams' --n 1000 --output resnext.parquet
  explore space 'conv_stem(64) > 1..8*bottleneck(32..128/8, 256, grouped({1|2|4|8}))' enumerate --budget 1GFLOPs"""

SWEEPS = """examples:
  explore sweep resnext --budget 4GFLOPs --trials 40 --scheduler asha
  explore sweep tree --budget 4GFLOPs --budget '<=30Mparams' --trials 100 --time 2h --tune lr,weight_decay
  explore sweep --axis cardinality --budget 4GFLOPs --tune lr,weight_decay --trials 60
  explore sweep regnet --budget 800MFLOPs --objective loss --objective activations --sampler nsga2"""

TRAININGS = """examples:
  explore train resnet20_cifar resnet56_cifar plain20_cifar plain56_cifar --fidelity full,epochs=10 --seeds 5
  explore train resnet50 resnext50_32x4d resnest50_fast_1s4x24d res2net50_26w4s --equal --seeds 5"""

ABLATIONS = """a trick is a name, or fields of the training, with a name of their own or without:
  warm-up, no-bias-decay, zero-gamma, cosine, he, low-precision, label-smoothing, flip, crop, resized-crop, jitter,
  pca-noise, randaugment, mixup, cutmix, dropout, drop-block, stochastic-depth, averaging, norm-statistics
  lr=0.2  linear-scaling:batch_size=512+lr_batch=128  distillation:teacher=resnet101

examples:
  explore ablate resnet50 --data fashion-mnist --seeds 5
  explore ablate resnet50 --tricks he,cosine,distillation:teacher=resnet101 --plan
  explore ablate resnext50_32x4d --tricks zero-gamma,mixup,cutmix=1 --recipe cpu"""

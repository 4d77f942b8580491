"""PSNR and the other scores, one file each; twins of some on tensors (torch, late)."""

"""What an accelerator that is not here would need: modelled, never measured."""

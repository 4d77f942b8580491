"""Files to arrays and back; colour; bicubic; alpha; what photos cover."""

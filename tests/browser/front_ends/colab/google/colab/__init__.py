"""Of Colab's package, what tells its outputs which manager shows widgets."""

"""Tables of names: insurance carriers, vehicle makes and models, kinds of business."""

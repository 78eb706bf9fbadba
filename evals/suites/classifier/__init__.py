"""Line, intent, urgency, language and scope of messages as people write them."""

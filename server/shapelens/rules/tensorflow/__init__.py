"""Rules of TensorFlow: importing this package registers them. One file a topic; TensorFlow is never imported."""

import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self, words, width, hidden):
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.rnn = nn.GRU(width, hidden)

    def forward(self, src):
        return self.rnn(self.embed(src))


class Decoder(nn.Module):
    def __init__(self, words, width, hidden):
        super().__init__()
        self.words = words
        self.embed = nn.Embedding(words, width)
        self.rnn = nn.GRU(width + hidden, hidden)
        self.out = nn.Linear(width + hidden * 2, words)

    def forward(self, token, hidden, context):
        x = self.embed(token.unsqueeze(0))
        output, hidden = self.rnn(torch.cat((x, context), dim=2), hidden)
        output = torch.cat((x.squeeze(0), hidden.squeeze(0), context.squeeze(0)), dim=1)
        return self.out(output), hidden


class Seq2Seq(nn.Module):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, src, trg):
        steps, batch = trg.shape
        outputs = torch.zeros(steps, batch, self.decoder.words)
        _, context = self.encoder(src)
        hidden, token = context, trg[0, :]
        for t in range(1, steps):
            output, hidden = self.decoder(token, hidden, context)
            outputs[t] = output
            token = output.argmax(1)
        return outputs


model = Seq2Seq(Encoder(90, 16, 24), Decoder(80, 16, 24))
model(torch.randint(0, 90, (11, 5)), torch.randint(0, 80, (9, 5)))
